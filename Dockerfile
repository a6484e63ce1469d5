# The image of every process of kubedirect: the stages, the agent, the command. Held to the chart by test/deploy/image.test.ts.
#
#   docker build -t kubedirect:0.1.0 .
#
# Layers, from the one that changes least:
#   1. the base: Node 26, whose libraries are all that the stages need of a system
#   2. node_modules: what package-lock.json pins by checksum, for production; no install script runs
#   3. the sources, which Node runs as they are: spec, machines, impl
# Nothing is written at run time but the agent's journal and, below /tmp, what a rehearsal plays on (without, it plays on less): the root
# file system may be read-only; no process needs a capability.
ARG NODE=node:26-bookworm-slim

FROM ${NODE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM ${NODE}
WORKDIR /app
ENV NODE_ENV=production
COPY --from=dependencies /app/node_modules node_modules
COPY package.json LICENSE ./
COPY spec spec
COPY machines machines
COPY impl impl
# As in the chart (impl/deploy/workloads/pods.ts), by number: Kubernetes can not tell of a name that it is not root.
USER 65532:65532
ENTRYPOINT ["node", "/app/impl/cli/main.ts"]
