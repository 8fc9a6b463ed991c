/**
 * The same questionnaire asked at once and answered in JSON: all questions first, then `json =`, then one object whose
 * keys are the labels' words and whose values are positions or quoted letters.
 */
export function encodeJSON(mode, { attributes, items }, idsOf) {
  const ids = [...idsOf(mode)];
  for (const [label, value] of attributes) ids.push(...idsOf(label), ...idsOf(value));
  for (const { label, size } of items) ids.push(...idsOf(label), ...idsOf(size));
  ids.push(...idsOf("json"), ...idsOf("="));
  const learned = [];
  const write = (text, weight) => {
    for (const token of idsOf(text)) {
      learned.push({ at: ids.length - 1, token, weight });
      ids.push(token);
    }
  };
  items.forEach(({ label, answer, given, target = answer }, i) => {
    write(`${i ? "," : "{"}"${label.replaceAll(" ", "")}":`, 0.05);
    if (answer.startsWith("<")) write('"', 0.05);
    if (!given) learned.push({ at: ids.length - 1, token: idsOf(target)[0], weight: 1 });
    ids.push(...idsOf(answer));
    if (answer.startsWith("<")) write('"', 0.05);
  });
  write("}", 0.05);
  write(";", 0.05);
  return { ids, learned };
}
