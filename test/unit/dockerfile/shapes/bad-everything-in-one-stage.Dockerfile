FROM node
WORKDIR /app
COPY . .
RUN npm install
EXPOSE 3000
CMD npm start
# expect: base-floating@1 build-tools@1 no-health-check@1 root-user@1 source-before-manifest@3 dev-dependencies@4 package-cache@4 shell-form-command@6
