// Messages and notifications over REST. All routes require a login.

import { Router } from 'express';
import { Page, Person, PostedMessage, read, Seq, Since } from '../input.js';

/**
 * @param {import('../messages.js').Messages} messages
 * @param {import('express').RequestHandler} authorize
 */
export function messageRoutes(messages, authorize) {
  const routes = Router();
  const success = { success: true };

  routes.use(['/messages', '/notifications', '/missed'], authorize);

  routes.get('/messages/unread', async ({ me }, response) => {
    response.json(await messages.unread(me));
  });

  routes.get('/messages/unread/counts', async ({ me }, response) => {
    response.json(await messages.unreadCounts(me));
  });

  routes.get('/messages/:userId', async ({ me, params, query }, response) => {
    response.json(await messages.between(me, read(Person, params.userId), read(Page, query)));
  });

  routes.post('/messages', async ({ me, body }, response) => {
    const { message, isDuplicate } = await messages.send(me, read(PostedMessage, body));
    response.status(isDuplicate ? 200 : 201).json(message);
  });

  routes.put('/messages/:userId/read', async ({ me, params }, response) => {
    response.json(await messages.markRead(me, read(Person, params.userId)));
  });

  routes.get('/missed', async ({ me, query }, response) => {
    response.json(await messages.missed(me, read(Since, query).after));
  });

  routes.get('/notifications', async ({ me }, response) => {
    response.json(await messages.notifications(me));
  });

  routes.put('/notifications/read-all', async ({ me }, response) => {
    await messages.readAllNotifications(me);
    response.json(success);
  });

  routes.put('/notifications/:id/read', async ({ me, params }, response) => {
    await messages.readNotification(me, read(Seq, params.id));
    response.json(success);
  });

  routes.delete('/notifications/:id', async ({ me, params }, response) => {
    await messages.deleteNotification(me, read(Seq, params.id));
    response.json(success);
  });

  return routes;
}
