/**
 * The words the tokenizer keeps whole, by what a survey uses them for. Anything else is split into pieces, so any
 * codebook can be read; words listed here only cost fewer tokens and carry the meaning the corpus gives them.
 */
const words = (text) => text.trim().split(/\s+/);

/** Which end of a line a respondent stands at. */
export const ideology = words(
  "left right liberal conservative ideology ideological political politics spectrum position placement scale stance views spending taxes services government state market regulation redistribution immigration welfare environment",
);
export const party = words("party partisanship partisan identification affiliation leaning supporter closeness");
export const self = words("own self self-placement your my respondent respondents yourself personal");
export const vote = words(
  "vote voted voting choice chosen preferred preference ballot election intention support elected pick choose",
);
export const people = words(
  "candidate president senator governor minister leader mayor incumbent challenger member opponent",
);
/** Demographics and their relatives. */
export const demographics = words(
  "age years birth education school schooling degree college income household earnings wealth sex gender female male ethnicity race region urban rural population place town city size density marital married children employment employed occupation religion religiosity health literacy literate numeracy language risk aversion attitude tolerant patience area land farm rice crop livestock tv television news newspaper media internet attention interest knowledge experience hours days week class status family members number count head",
);
/** What the world may do to one. */
export const chance = words(
  "probability chance likelihood perceived belief expected expectation subjective risk danger threat disaster flood drought storm fire theft accident illness disease infection loss damage failure default crime fraud unemployment inflation severity vulnerability worry concern fear",
);
/** What one may do about it. */
export const protect = words(
  "insurance insured buy bought purchase take-up takeup uptake adopt adoption vaccine vaccination vaccinate mask screening protect save saving contract cover enrol enroll join sign test lock evacuate invest",
);
/** What draws one to an alternative, and what keeps one away. */
export const attract = words(
  "quality taste benefit reward value beauty comfort speed reputation trust safety payoff return pleasant useful fair good fun tasty helpful competence warmth honest",
);
export const repel = words(
  "price cost defended defence defense protected protection security guarded guard watched patrol crowded crowding distance waiting noise effort penalty fine risky dangerous difficult difficulty expensive slow defences",
);
export const things = words(
  "target site beach shop house bank door road route hotel product brand plan offer job doctor hospital film meal phone car seller hotel option alternative project city island harbor field store bridge tower gate network server account port",
);
export const acts = words(
  "attack enter steal visit choose action decision act go take order book hire apply attempt move bet target refrain nothing neither none both either any all",
);
export const treat = words(
  "treatment message announcement arm condition information session training group letter video statement vignette nudge framing intensive default control offered shown reminder subsidy disclosure valuation valuations known unknown public private report label warning advice feedback",
);
/** What attitude questions are made of. */
export const attitudes = words(
  "agree approve satisfied satisfaction happy important importance confident confidence trust police court courts parliament congress press science scientists doctors teachers neighbours neighbors strangers workplace climate energy nuclear economy economic trade war peace army police law order justice equality freedom rights abortion gun guns marriage family tradition change future past community nation national pride europe foreign aid poverty rich poor tax pensions schools housing transport food water animals privacy data technology robots artificial intelligence work leisure sport music art travel shopping charity donate donation volunteer petition protest boycott attend participate recycle organic vegetarian smoke drink exercise diet sleep stress lonely anxious optimistic pessimistic life mood anger hope shame guilt thermometer rating feeling evaluation judgment opinion perception awareness familiar frequency often likely willing willingness pay amount share money cash bonus wage hours percent percentage level degree strength general overall item question measure index score first second third fourth last current previous next high low nearest furthest distance highest lowest more less new old big small local global",
);
/** Grammar that survives in labels. */
export const grammar = words(
  "the of a an and or to in for on at by with from is are was be has have not no yes how much many what where who which would should could will do does did you it this that if than per toward towards about between against over under",
);

export const vocabulary = [
  ...new Set(
    [
      ideology,
      party,
      self,
      vote,
      people,
      demographics,
      chance,
      protect,
      attract,
      repel,
      things,
      acts,
      treat,
      attitudes,
      grammar,
    ]
      .flat()
      .flatMap((word) => word.split("-")),
  ),
];

/** Written apart from words: 0 … 100 are positions on a scale in percent, letters are unordered options, sizes count options. */
export const letters = Array.from({ length: 26 }, (_, i) => `<${String.fromCharCode(65 + i)}>`);
export const sizes = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 21, 26, 31, 41, 51, 101];
export const specials = [
  "<pad>",
  ";",
  "=",
  "<model>",
  "<survey>",
  "<nominal>",
  "<count>",
  ...sizes.map((n) => `<${n}>`),
  ...letters,
];

/** A name nobody has: two or three syllables, so that the corpus also teaches words the tokenizer does not know. */
export function pseudoword(random) {
  const pick = (text) => text[Math.floor(random() * text.length)];
  let word = "";
  for (let n = 2 + Math.floor(random() * 2); n > 0; n--)
    word += pick("bcdfghjklmnprstvwz") + pick("aeiou") + (random() < 0.4 ? pick("lmnrst") : "");
  return word;
}
