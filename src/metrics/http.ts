import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { inTime } from '../engine/deadline.ts'
import { expose, type Report, whyUnready } from './report.ts'

export interface HttpOptions {
  readonly host: string
  /** 0 for any that is free. */
  readonly port: number
  /** What all processes have counted; it is not asked twice at a time. */
  readonly reports: () => Promise<readonly Report[]>
  readonly onError: (error: unknown) => void
  /** How long a request may take to come in, and then its answer to be collected; five seconds each unless told. */
  readonly requestMs?: number
}

/** The listener for those who watch. */
export interface MetricsServer {
  readonly port: number
  close(): Promise<void>
}

/** Whoever asks is a program of the administrator: it is quick, and there are few. */
const limits = {
  connections: 32,
  headerBytes: 8 * 1024,
  idleMs: 30_000,
  /** Until then an answer is good enough for the next who asks. */
  reuseMs: 100,
} as const

interface Page {
  readonly status: number
  readonly type: string
  readonly text: string
}

const plain = 'text/plain; charset=utf-8'

/** Opens the listener. Rejects when the address cannot be had. */
export async function openMetricsServer(options: HttpOptions): Promise<MetricsServer> {
  const { requestMs = 5000, reports } = options
  const recent = lately(() => inTime('collecting the metrics', requestMs, reports()))
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: requestMs,
      requestTimeout: requestMs,
      keepAliveTimeout: limits.idleMs,
      connectionsCheckingInterval: requestMs / 5,
    },
    (request, response) => void answer(request, response, recent, options),
  )
  server.maxConnections = limits.connections
  // Also for who reads nothing, or leaves a handshake of another protocol unfinished.
  server.setTimeout(limits.idleMs, socket => socket.destroy())
  const port = await listen(server, options)
  server.on('error', options.onError)
  return { port, close: () => close(server) }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  reports: HttpOptions['reports'],
  { onError }: HttpOptions,
): Promise<void> {
  const { status, type, text } = await pageFor(request, reports).catch((error): Page => {
    onError(error)
    return { status: 500, type: plain, text: 'The metrics could not be collected\n' }
  })
  const body = Buffer.from(text)
  response.writeHead(status, {
    'content-type': type,
    'content-length': body.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(status === 405 && { allow: 'GET, HEAD' }),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

async function pageFor({ method, url = '' }: IncomingMessage, reports: HttpOptions['reports']): Promise<Page> {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, type: plain, text: 'Only GET and HEAD\n' }
  const [path] = url.split('?', 1)
  if (path === '/healthz') return { status: 200, type: plain, text: 'ok\n' }
  if (path === '/readyz') return readiness(whyUnready(await reports()))
  if (path !== '/metrics') return { status: 404, type: plain, text: 'Here are /metrics, /healthz and /readyz\n' }
  const { contentType, text } = await expose(await reports())
  return { status: 200, type: contentType, text }
}

function readiness(reasons: readonly string[]): Page {
  if (reasons.length === 0) return { status: 200, type: plain, text: 'ready\n' }
  return { status: 503, type: plain, text: reasons.map(reason => `${reason}\n`).join('') }
}

/** One collection serves all who ask meanwhile, and for a moment after: asking often must not take the mail's time. */
function lately(reports: HttpOptions['reports']): HttpOptions['reports'] {
  let current: Promise<readonly Report[]> | undefined
  return () => {
    if (current) return current
    const asked = reports()
    current = asked
    const forget = () => {
      current = undefined
    }
    asked.then(() => setTimeout(forget, limits.reuseMs).unref(), forget)
    return asked
  }
}

function listen(server: Server, { host, port }: HttpOptions): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  server.once('error', reject)
  server.listen({ host, port }, () => {
    server.off('error', reject)
    const bound = server.address()
    resolve(typeof bound === 'object' && bound ? bound.port : port)
  })
  return promise
}

function close(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.close(() => resolve())
  server.closeAllConnections()
  return promise
}
