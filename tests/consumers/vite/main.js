// No await and no setup between the imports and the first call.
import * as core from 'holdfast';
import { io, Manager } from 'holdfast/io';
import * as socket from 'holdfast/socket';
import { problems } from './checks.mjs';

problems(core, socket).then((found) => {
  for (const [name, value] of Object.entries({ io, Manager })) {
    if (typeof value !== 'function') found.push(`holdfast/io has no ${name}`);
  }
  document.body.textContent = JSON.stringify(found);
});
