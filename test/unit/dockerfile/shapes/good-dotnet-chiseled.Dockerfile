FROM mcr.microsoft.com/dotnet/sdk:9.0@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS build
WORKDIR /src
COPY *.csproj .
RUN dotnet restore
COPY . .
RUN dotnet publish -c Release -o /app
FROM mcr.microsoft.com/dotnet/aspnet:9.0-noble-chiseled@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
WORKDIR /app
COPY --from=build /app .
HEALTHCHECK CMD ["dotnet", "Health.dll"]
ENTRYPOINT ["dotnet", "Shop.dll"]
# expect: nothing
