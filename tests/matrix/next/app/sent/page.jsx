// A server component that sends, at each request.
import * as core from 'holdfast';
import * as io from 'holdfast/io';
import * as socket from 'holdfast/socket';
import { exerciseWithoutReact } from '../../exercise.mjs';

export default async function Page({ searchParams }) {
  const { server } = await searchParams;
  const found = await exerciseWithoutReact({ core, io, socket }, server);
  return <pre id="result">{JSON.stringify(found)}</pre>;
}
