# APP_UID is set by the base: its value is not known here.
FROM mcr.microsoft.com/dotnet/aspnet:9.0@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
WORKDIR /app
COPY bin/ .
USER $APP_UID
HEALTHCHECK NONE
ENTRYPOINT ["dotnet", "Shop.dll"]
# expect: nothing
