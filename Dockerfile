# The same steps without Docker: npm ci, npm pack, npm install --global of the tarball.
FROM node:24-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm pack

FROM node:24-slim
COPY --from=build /build/postern-*.tgz /tmp/
RUN npm install --global --omit=dev --no-audit --no-fund /tmp/postern-*.tgz \
 && rm -r /tmp/postern-*.tgz ~/.npm \
 && useradd --system --home-dir /var/lib/postern --create-home postern \
 && mkdir /etc/postern

# Nothing needs root: the container's port 2525 is published as 25.
USER postern
WORKDIR /var/lib/postern
VOLUME /var/lib/postern
EXPOSE 2525 2587

# Whether it greets. 421 is a greeting too: it is there, and busy.
HEALTHCHECK --interval=30s --timeout=15s --start-period=5s \
  CMD ["node", "-e", "require('node:net').connect(2525, '127.0.0.1').on('data', d => process.exit(/^[24]2/.test(d) ? 0 : 1)).on('error', () => process.exit(1))"]

# It is told to stop by SIGTERM and ends by itself; the only processes that it starts are its workers, for which it waits: no init is needed.
ENTRYPOINT ["postern"]
CMD ["run", "-c", "/etc/postern/postern.yaml"]
