// The whole client, without a framework. The server may be written in any language.

import { createClient } from 'holdfast';

// A real app knows its user from a login. Here `?user=ben` names one.
const me = new URLSearchParams(location.search).get('user') ?? 'anna';

const client = createClient({
  url: import.meta.env.VITE_SERVER_URL ?? 'http://localhost:3001',
  userId: me,
  auth: { userId: me },
});

let delivered = [];

client.on('history', (messages) => {
  delivered = messages;
  render();
});
client.on('message:new', (message) => {
  delivered.push(message);
  render();
});
client.subscribe(render); // Called when the connection or what waits has changed.
client.connect();

document.querySelector('form').addEventListener('submit', (event) => {
  event.preventDefault();
  const { text } = event.target.elements;
  if (text.value.trim()) client.send('send_message', { text: text.value }).catch(console.error);
  text.value = '';
});

function render() {
  const state = client.getState().isConnected ? 'connected' : 'connecting';
  document.querySelector('h1').replaceChildren(`${me} `, element('small', state));

  const isDelivered = (id) => delivered.some((message) => message.from === me && message.id === id);
  // What the server has not answered yet, also from before a reload.
  const waiting = client.outbox().filter(({ id }) => !isDelivered(id));
  document
    .querySelector('ol')
    .replaceChildren(
      ...delivered.map(({ from, text }) => row(from, text, 'delivered')),
      ...waiting.map(({ data }) => row(me, data.text, 'waiting')),
    );
}

function row(from, text, status) {
  const item = element('li', element('b', from), element('span', text), element('small', status));
  item.className = status;
  return item;
}

function element(name, ...children) {
  const made = document.createElement(name);
  made.append(...children);
  return made;
}
