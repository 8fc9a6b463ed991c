/** Name and version by which the kernel asks a front end for Proband's own widgets; the labextension registers the same. */
export const hostModule = "proband-widgets";
export const hostVersion = "0.1.0";
