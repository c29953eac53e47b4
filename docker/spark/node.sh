#!/bin/sh
# Runs a node of a Spark cluster, with the Spark of the pyspark package.
#   node.sh master [OPTION...]        the master
#   node.sh worker URL [OPTION...]    a worker, and beside it the pool that starts Python for it
# POOL_PORT sets where the pool listens, to its own node alone; builds look for it at 50000.
set -eu

SPARK_HOME=$(python3 -c 'import os, pyspark; print(os.path.dirname(pyspark.__file__))')
export SPARK_HOME SPARK_NO_DAEMONIZE=1
kind=$1
shift
case $kind in
master)
    exec "$SPARK_HOME/bin/spark-class" org.apache.spark.deploy.master.Master "$@"
    ;;
worker)
    python3 -m pipelines.pool --port "${POOL_PORT:-50000}" &
    exec "$SPARK_HOME/bin/spark-class" org.apache.spark.deploy.worker.Worker "$@"
    ;;
*)
    echo "node.sh: got $kind, expected master or worker" >&2
    exit 2
    ;;
esac
