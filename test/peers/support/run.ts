import { execFile } from 'node:child_process'

/** How a program has ended, and all that it has said. */
export interface Ended {
  readonly code: number
  readonly output: string
}

export interface RunOptions {
  readonly input?: string | Buffer
  readonly timeoutMs?: number
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
}

/** Runs a program to its end. That it ends badly is an answer. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const { input, timeoutMs = 60_000, env, cwd } = options
  return new Promise((resolve, reject) => {
    const settings = { timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024, ...(cwd && { cwd }), env: { ...process.env, ...env } }
    const child = execFile(program, args, settings, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(error)
      else resolve({ code: Number(error?.code ?? 0), output: stdout + stderr })
    })
    // A program that does not read its input is not at fault.
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
  })
}

/** Runs a program that must succeed. */
export async function mustRun(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, output } = await run(program, args, options)
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} has ended with ${code}:\n${output}`)
  return output
}
