import type { Server } from 'node:https';
import type { Socket } from 'node:net';

/** In one turn of the event loop; a handshake takes up to a millisecond. */
const mostAtOnce = 4;

/**
 * Lets TLS begin on a few connections in each turn of the event loop, so that calls on others are answered in between, however many come
 * at once. What a client has sent meanwhile waits in its connection.
 */
export function paceConnections(server: Server): void {
  const begin = server.listeners('connection') as ((socket: Socket) => void)[];
  const waiting: Socket[] = [];
  let begun = 0;
  let isTurnAwaited = false;
  const take = (socket: Socket): void => {
    begun += 1;
    for (const each of begin) each.call(server, socket);
    if (isTurnAwaited) return;
    isTurnAwaited = true;
    setImmediate(nextTurn);
  };
  const nextTurn = (): void => {
    isTurnAwaited = false;
    begun = 0;
    for (const socket of waiting.splice(0, mostAtOnce)) if (!socket.destroyed) take(socket);
    if (waiting.length > 0 && !isTurnAwaited) {
      isTurnAwaited = true;
      setImmediate(nextTurn);
    }
  };
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    if (begun < mostAtOnce && waiting.length === 0) take(socket);
    else {
      // One that is reset before its turn comes must not end the process.
      socket.on('error', () => undefined);
      waiting.push(socket);
    }
  });
}
