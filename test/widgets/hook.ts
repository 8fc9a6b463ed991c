export const commHook = Symbol.for("proband.comm");
