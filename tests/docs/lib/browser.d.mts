// biome-ignore-all lint/suspicious/noExplicitAny: the preludes are checked by running
export const openFile: any;
