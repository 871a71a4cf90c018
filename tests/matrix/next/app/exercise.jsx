'use client';
import * as core from 'holdfast';
import * as io from 'holdfast/io';
import * as react from 'holdfast/react';
import * as socket from 'holdfast/socket';
import * as React from 'react';
import { createRoot } from 'react-dom/client';
import { exercise } from '../exercise.mjs';

export function Phase() {
  return <p id="phase">{react.useSocket().phase}</p>;
}

export function Exercise() {
  const [result, setResult] = React.useState('');
  const main = React.useRef(null);
  React.useEffect(() => {
    const mount = (element) => createRoot(main.current).render(element);
    const url = new URLSearchParams(window.location.search).get('server');
    exercise({ core, io, react, socket, React, mount }, url).then(
      (found) => setResult(JSON.stringify(found)),
      (error) => setResult(JSON.stringify(String(error?.stack ?? error))),
    );
  }, []);
  return (
    <>
      <main ref={main} />
      <pre id="result">{result}</pre>
    </>
  );
}
