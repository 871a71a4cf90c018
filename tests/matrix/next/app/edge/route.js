// A route of the edge runtime, which has WebSocket and no XMLHttpRequest: socket.io-client cannot poll there.
import * as core from 'holdfast';
import * as io from 'holdfast/io';
import * as socket from 'holdfast/socket';
import { exerciseWithoutReact } from '../../exercise.mjs';

export const runtime = 'edge';

export async function GET(request) {
  const server = new URL(request.url).searchParams.get('server');
  const options = { transports: ['websocket'] };
  return Response.json(await exerciseWithoutReact({ core, io, socket }, server, options));
}
