/**
 * BullMQ and its Redis client. Loaded when a queue is opened: it takes a few hundred ms, which verbs without a queue
 * need not wait for.
 */
export async function loadBullmq() {
  const [{ Queue, QueueEvents, UnrecoverableError, Worker }, { Redis }] = await Promise.all([
    import('bullmq'),
    import('ioredis'),
  ]);
  return { Queue, QueueEvents, UnrecoverableError, Worker, Redis };
}
