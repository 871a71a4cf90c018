// Replaces `holdfast/inspector` in the bundle without it.

export const inspect = () => {};
