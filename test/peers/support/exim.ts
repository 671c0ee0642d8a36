import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { peerFolder, removeFolder } from './folder.ts'
import { pathOf } from './needs.ts'
import { mustRun } from './run.ts'

/** An Exim that sends everything to one port of this machine. */
export interface Exim {
  /** Sends at once, and answers with what its log says of it. */
  send(from: string, to: readonly string[], message: Buffer): Promise<string>
  remove(): Promise<void>
}

export async function prepareExim(port: number): Promise<Exim> {
  const folder = await peerFolder('exim')
  const configuration = join(folder, 'exim.conf')
  await writeFile(configuration, configurationText(folder, port))
  for (const name of ['spool', 'log']) await mkdir(join(folder, name))
  await mustRun('chown', ['-R', 'nobody:nogroup', folder])
  // Exim refuses a configuration that anybody else could have written.
  await mustRun('chown', ['root:root', configuration])
  return {
    send: async (from, to, message) => {
      const args = ['-C', configuration, '-odf', '-oi', '-f', from, ...to]
      // An Exim that is not installed with its rights delivers without them, and then logs to standard error.
      const said = await mustRun(pathOf('exim4'), args, { input: message })
      return said + (await readFile(join(folder, 'log/mainlog'), 'utf8'))
    },
    remove: () => removeFolder(folder),
  }
}

function configurationText(folder: string, port: number): string {
  return `exim_path = ${pathOf('exim4')}
spool_directory = ${folder}/spool
log_file_path = ${folder}/log/%slog
exim_user = nobody
exim_group = nogroup
never_users =
primary_hostname = mail.sender.example
local_interfaces = 127.0.0.1
host_lookup =
keep_environment =
log_selector = +smtp_confirmation
begin routers
gateway:
  driver = manualroute
  route_list = * 127.0.0.1
  self = send
  transport = to_gateway
begin transports
to_gateway:
  driver = smtp
  port = ${port}
  allow_localhost
begin retry
* * F,1h,5m
`
}
