// The types of kit.mjs for samples: none, so that the check of a sample reads no more than the sample needs.
// biome-ignore-all lint/suspicious/noExplicitAny: the preludes are checked by running

export const assert: any;
export const pass: any;
export const port: number;
export const startChat: any;
export const startFile: any;
export const until: any;
export const url: string;
