'use client';

import { useEffect } from 'react';
import { tell } from '../src/main.js';

export default function Page() {
  useEffect(() => {
    globalThis.tell = tell;
  }, []);
  return <p>{typeof tell}</p>;
}
