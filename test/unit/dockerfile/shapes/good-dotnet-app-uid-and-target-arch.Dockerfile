# syntax=docker/dockerfile:1
FROM --platform=$BUILDPLATFORM mcr.microsoft.com/dotnet/sdk:8.0-alpine AS build
ARG TARGETARCH
COPY . /source
WORKDIR /source/src
RUN --mount=type=cache,id=nuget,target=/root/.nuget/packages \
    dotnet publish -a ${TARGETARCH/amd64/x64} --use-current-runtime --self-contained false -o /app
FROM mcr.microsoft.com/dotnet/aspnet:8.0-alpine@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS final
WORKDIR /app
COPY --from=build /app .
USER $APP_UID
HEALTHCHECK NONE
ENTRYPOINT ["dotnet", "myWebApp.dll"]
# expect: nothing
