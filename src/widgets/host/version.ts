/** Name of Proband's front-end module: of the labextension, and of the package under which it can be published for VS Code. */
export const hostModule = "proband-widgets";
/** The version that is built. */
export const hostPackageVersion = "0.1.0";
/** What the kernel asks for: any compatible build. */
export const hostVersion = "^0.1.0";
