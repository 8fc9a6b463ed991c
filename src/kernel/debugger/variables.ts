/** V8's remote objects as DAP variables. References are numbers that last until the session goes on. */
import type { Runtime } from "node:inspector";

export interface Variable {
  name: string;
  value: string;
  type: string;
  evaluateName: string;
  variablesReference: number;
}

export type Post = <T>(method: string, params?: object) => Promise<T>;

export interface Variables {
  /** A number by which a client asks for an object's properties, or 0 for what has none. */
  reference(object: Runtime.RemoteObject): number;
  list(reference: number): Promise<Variable[]>;
  variable(name: string, object: Runtime.RemoteObject | undefined, parent?: string): Variable;
  forget(): void;
}

const most = 300;

export function createVariables(post: Post): Variables {
  const objects = new Map<number, { id: string; path: string }>();
  let next = 1;
  const self: Variables = {
    reference(object) {
      if (!object.objectId) return 0;
      objects.set(++next, { id: object.objectId, path: "" });
      return next;
    },
    variable(name, object, parent = "") {
      const plain = name.replace(/^__cell_/, "");
      const path = !parent ? plain : /^\d+$/.test(plain) ? `${parent}[${plain}]` : `${parent}.${plain}`;
      if (!object)
        return { name: plain, value: "(not initialised)", type: "", evaluateName: path, variablesReference: 0 };
      const variablesReference = self.reference(object);
      if (variablesReference) objects.get(variablesReference)!.path = path;
      return {
        name: plain,
        value: describe(object),
        type: object.className ?? object.subtype ?? object.type,
        evaluateName: path,
        variablesReference,
      };
    },
    async list(reference) {
      const object = objects.get(reference);
      if (!object) return [];
      const { result, internalProperties = [] } = await post<Runtime.GetPropertiesReturnType>("Runtime.getProperties", {
        objectId: object.id,
        ownProperties: true,
        generatePreview: true,
      });
      const own = result
        .filter((p) => p.name !== "__proto__" && (p.enumerable || p.value?.type !== "function"))
        .slice(0, most)
        .map((p) => self.variable(p.name, p.value ?? p.get, object.path));
      const inner = internalProperties
        .filter((p) => p.name === "[[Entries]]" || p.name === "[[PromiseResult]]" || p.name === "[[PromiseState]]")
        .map((p) => self.variable(p.name, p.value, object.path));
      return result.length > most
        ? [
            ...own,
            { name: "…", value: `${result.length - most} more`, type: "", evaluateName: "", variablesReference: 0 },
          ]
        : [...own, ...inner];
    },
    forget() {
      objects.clear();
    },
  };
  return self;
}

function describe(object: Runtime.RemoteObject): string {
  if (object.type === "string") return JSON.stringify(String(object.value)).slice(0, 1000);
  if (object.unserializableValue) return object.unserializableValue;
  if (object.type === "undefined") return "undefined";
  const { preview } = object;
  if (preview && !preview.overflow && preview.properties.length <= 5 && object.subtype !== "error") {
    const parts = preview.properties.map((p) => (object.subtype === "array" ? p.value : `${p.name}: ${p.value}`));
    if (parts.length)
      return object.subtype === "array"
        ? `[${parts.join(", ")}]`
        : `${object.className === "Object" ? "" : `${object.className} `}{${parts.join(", ")}}`;
  }
  return (object.description ?? String(object.value)).split("\n", 1)[0]!.slice(0, 1000);
}
