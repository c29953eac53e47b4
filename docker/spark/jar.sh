#!/bin/sh
# Builds the Spark job server's jar where it is not yet built, and prints its path. A jar is kept
# under a hash of the pom, in build/ or in the folder that SHARDWRIGHT_JARS names.
set -eu

folder=$(cd "$(dirname "$0")" && pwd)
cache=${SHARDWRIGHT_JARS:-$(cd "$folder/../.." && pwd)/build/jars}
jar=$cache/spark-job-server-$(sha256sum "$folder/pom.xml" | cut -c1-16).jar
if [ ! -e "$jar" ]; then
    command -v mvn >/dev/null || {
        echo "spark-jar: Maven is missing: install the packages of docker/packages.txt" >&2
        exit 1
    }
    mkdir -p "$cache"
    work=$(mktemp -d "$cache/.tmp-XXXXXX")
    trap 'rm -rf "$work"' EXIT
    cp "$folder/pom.xml" "$work"
    MAVEN_OPTS="${MAVEN_OPTS:--Xmx768m}" mvn -B -q -f "$work/pom.xml" package >&2
    rm -f "$cache"/spark-job-server-*.jar
    mv "$work/target/spark-job-server.jar" "$jar"
fi
printf '%s\n' "$jar"
