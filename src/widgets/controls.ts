/** Controls by what one wants of them; each returns the generated class with its full set of attributes. */
import * as g from "./generated/barrel.js";

/** A slider: of whole numbers (an IntSlider) when min, max, value and step are whole, else a FloatSlider. */
export function slider(
  init: Partial<g.IntSliderState> & { min: number; max: number; value?: number; step?: number | null },
): g.FloatSlider {
  const numbers = [init.min, init.max, init.value ?? init.min, init.step ?? 1];
  const value = init.value ?? init.min;
  if (numbers.every(Number.isInteger) && init.max - init.min > 1)
    return new g.IntSlider({ ...init, value, step: init.step ?? 1 }) as unknown as g.FloatSlider;
  return new g.FloatSlider({
    ...(init as Partial<g.FloatSliderState>),
    value,
    step: init.step ?? niceStep((init.max - init.min) / 100),
    readout_format: ".3~g",
  });
}

/** A slider with two handles; `value` is [low, high]. */
export function rangeSlider(
  init: Partial<g.IntRangeSliderState> & {
    min: number;
    max: number;
    value?: readonly [number, number];
    step?: number | null;
  },
): g.FloatRangeSlider {
  const value = init.value ?? [init.min, init.max];
  if ([init.min, init.max, ...value, init.step ?? 1].every(Number.isInteger) && init.max - init.min > 1)
    return new g.IntRangeSlider({ ...init, value, step: init.step ?? 1 }) as unknown as g.FloatRangeSlider;
  return new g.FloatRangeSlider({
    ...(init as Partial<g.FloatRangeSliderState>),
    value,
    step: init.step ?? niceStep((init.max - init.min) / 100),
    readout_format: ".3~g",
  });
}

/** A field for a number. */
export const number = (init: Partial<g.FloatTextState> = {}) => new g.FloatText(init);
/** A line of text. */
export const text = (init: Partial<g.TextState> = {}) => new g.Text(init);
/** Several lines of text. */
export const textarea = (init: Partial<g.TextareaState> = {}) => new g.Textarea(init);
/** A box to tick. */
export const checkbox = (init: Partial<g.CheckboxState> = {}) => new g.Checkbox({ indent: false, ...init });
/** A button that stays down. */
export const toggle = (init: Partial<g.ToggleButtonState> = {}) => new g.ToggleButton(init);
/** Text as a label. */
export const label = (value: string) => new g.Label({ value });
/** HTML; text from data must be escaped before it comes here. */
export const html = (value: string, init: Partial<g.HTMLState> = {}) => new g.HTML({ value, ...init });
/** A picture from its bytes. */
export const image = (value: Uint8Array, init: Partial<g.ImageState> = {}) => new g.Image({ value, ...init });
/** A date. */
export const datePicker = (init: Partial<g.DatePickerState> = {}) => new g.DatePicker(init);
/** A colour. */
export const colorPicker = (init: Partial<g.ColorPickerState> = {}) => new g.ColorPicker(init);
/** A player that counts up. */
export const play = (init: Partial<g.PlayState> = {}) => new g.Play(init);

/** The nearest of 1, 2, 5 × 10ⁿ. */
function niceStep(x: number): number {
  if (!(x > 0)) return 0.01;
  const power = 10 ** Math.floor(Math.log10(x));
  const step = x / power < 1.5 ? power : x / power < 3.5 ? 2 * power : x / power < 7.5 ? 5 * power : 10 * power;
  return Number(step.toPrecision(3));
}
