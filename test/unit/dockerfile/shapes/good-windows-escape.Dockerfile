# escape=`
FROM mcr.microsoft.com/windows/nanoserver:ltsc2022@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
WORKDIR C:\app
COPY app.exe `
     settings.json `
     C:\app\
USER ContainerUser
HEALTHCHECK CMD ["C:\\app\\app.exe", "health"]
ENTRYPOINT ["C:\\app\\app.exe"]
# expect: nothing
