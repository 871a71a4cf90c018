// A few line icons on a grid of 20 by 20. They are decorative: a text beside each has the meaning.

const PATHS = {
  bell: 'M10 3a4.5 4.5 0 0 0-4.5 4.5c0 4-1.5 5-1.5 6h12c0-1-1.5-2-1.5-6A4.5 4.5 0 0 0 10 3Zm-2 13a2 2 0 0 0 4 0',
  back: 'M12 4l-6 6 6 6',
  close: 'M5 5l10 10M15 5L5 15',
  down: 'M10 4v12M5 11l5 5 5-5',
  send: 'M4 10h11M10 5l5 5-5 5',
  clock: 'M10 3.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM10 6.5V10l2.5 1.5',
  up: 'M10 16V5M6 9l4-4 4 4',
  check: 'M4 10.5l4 4 8-9',
  checks: 'M1.5 10.5l4 4 7-9M9 14l.8.8 8-9.5',
  alert: 'M10 5.5v5M10 13.8v.2M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15Z',
  trash: 'M4 6h12M8 6V4h4v2M6 6l.7 10h6.6L14 6',
  bolt: 'M11 2.5L4.5 11.5H10L9 17.5l6.5-9H10Z',
  cut: 'M2.5 10H7M13 10h4.5M8 6.5l-.8-2.5M12 13.5l.8 2.5M8.5 12.5L7.5 16M11.5 7.5l1-3.5',
  pause: 'M7 4.5v11M13 4.5v11',
  mute: 'M3 10h9M12 6.5l4 7M16 6.5l-4 7',
  restart: 'M15.5 6.5A6.5 6.5 0 1 0 16.5 10M16.5 3.5v3.5H13',
  power: 'M10 3v6M6 5.5a6 6 0 1 0 8 0',
  block: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM5.2 5.2l9.6 9.6',
};

/** @param {{ name: keyof typeof PATHS }} props */
export default function Icon({ name }) {
  return (
    <svg className="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
