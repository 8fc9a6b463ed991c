/** Attributes that follow each other: through the kernel, or in the browser alone. */
import { DirectionalLink, Link } from "./generated/barrel.js";
import type { Widget } from "./widget.js";

/** A widget and the name of one of its attributes. */
export type End<S extends object = any> = readonly [widget: Widget<S>, attribute: string];

interface Any {
  get(name: string): unknown;
  set(patch: object): unknown;
  observe(name: string, observer: (value: unknown) => unknown): () => void;
}

/** Both attributes always hold the same value, by way of the kernel. Returns how to part them. */
export function link(a: End, b: End): () => void {
  const [first, second] = [a[0] as unknown as Any, b[0] as unknown as Any];
  second.set({ [b[1]]: first.get(a[1]) });
  const stops = [
    first.observe(a[1], (v) => second.set({ [b[1]]: v })),
    second.observe(b[1], (v) => first.set({ [a[1]]: v })),
  ];
  return () => stops.forEach((stop) => stop());
}

/** The target follows the source, through `transform` if given. Returns how to stop. */
export function follow<T>(source: End, target: End, transform: (value: T) => unknown = (v) => v): () => void {
  const [from, to] = [source[0] as unknown as Any, target[0] as unknown as Any];
  to.set({ [target[1]]: transform(from.get(source[1]) as T) });
  return from.observe(source[1], (v) => to.set({ [target[1]]: transform(v as T) }));
}

/** As `link`, in the browser: no round trip, and it goes on working in an exported page. */
export function jslink(a: End, b: End): Link {
  return new Link({ source: a as readonly unknown[], target: b as readonly unknown[] });
}

/** The target follows the source in the browser. */
export function jsdlink(source: End, target: End): DirectionalLink {
  return new DirectionalLink({ source: source as readonly unknown[], target: target as readonly unknown[] });
}
