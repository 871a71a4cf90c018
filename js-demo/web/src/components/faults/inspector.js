// The panel of holdfast/inspector at the bottom of the page. The chat keeps the room above it.

/** @param {() => void} onClose */
export async function showInspector(onClose) {
  const { InspectorElement, openInspector } = await import('holdfast/inspector');
  const find = () => [...document.body.children].find((one) => one instanceof InspectorElement);
  if (find()) return;
  const remove = openInspector();
  const element = find();
  const { style } = document.documentElement;
  const observer = new ResizeObserver(() => {
    style.setProperty('--inspector-height', `${element.offsetHeight}px`);
  });
  observer.observe(element);
  element.addEventListener('close', () => {
    observer.disconnect();
    style.removeProperty('--inspector-height');
    remove();
    onClose();
  });
}
