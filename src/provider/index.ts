// All access to models: which servers there are, what each can do and costs, and a client of the official SDK for it.
export {
  embedded,
  openai,
  azure,
  nebius,
  vllm,
  ollama,
  llamacpp,
  lmstudio,
  litellm,
  compatible,
  proband,
} from "./providers.js";
export { openaiFinetuningEnds, providerOf } from "./providers.js";
export type { ServerOptions } from "./providers.js";
export { priceOf, priceSource, costOf } from "./prices.js";
export { azurePrices, nebiusPrices, openaiPrices } from "./price-list.js";
export type { PriceList } from "./price-list.js";
export { modelInfo, requireCapability } from "./require.js";
export { requireConsent } from "./consent.js";
export { findModel, listModels, registerModel } from "./registry.js";
export type { RegisteredModel } from "./registry.js";
export { environment, openHome, usePlatform } from "./home.js";
export type { Home, Platform } from "./home.js";
export type { Capabilities, Limits, ModelInfo, Price, Provider, Reach } from "./types.js";
