# The listener in a container; see docs/docker.md.

FROM node:24-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build && npm pack --ignore-scripts

FROM node:24-slim
COPY --from=build /src/*.tgz /tmp/
RUN npm install --global --ignore-scripts --no-audit --no-fund /tmp/*.tgz \
  && rm -rf /tmp/*.tgz /root/.npm \
  && install --directory --owner=node --group=node --mode=0700 /data
# Captures and the development secret. Mount a volume here to preserve them.
ENV XDG_DATA_HOME=/data RELYABLE_NO_UPDATE_CHECK=1
VOLUME /data
USER node
WORKDIR /home/node
EXPOSE 4400
ENTRYPOINT ["relyable"]
# Other machines cannot reach the loopback address of a container.
CMD ["webhooks", "listen", "--host", "0.0.0.0"]
