/** `holdfast:version`: the version of the package. `build.mjs` hands it in. */
declare const version: string;
export default version;
