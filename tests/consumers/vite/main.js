// No await and no setup between the imports and the first call.
import * as core from 'holdfast';
import * as socket from 'holdfast/socket';
import { problems } from './checks.mjs';

problems(core, socket).then((found) => {
  document.body.textContent = JSON.stringify(found);
});
