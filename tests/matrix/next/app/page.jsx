// A server component that renders the provider, made into HTML by the build.
import { createClient } from 'holdfast';
import { SocketProvider } from 'holdfast/react';
import { Exercise, Phase } from './exercise';

export default function Page() {
  return (
    <SocketProvider userId={null}>
      <p id="made">{`made by the build: ${typeof createClient}`}</p>
      <Phase />
      <Exercise />
    </SocketProvider>
  );
}
