// Stands for `holdfast/inspector` where nothing is recorded.

export const inspect = () => {};
