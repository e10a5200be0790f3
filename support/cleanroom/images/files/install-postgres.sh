# Makes an empty database cluster once, as a template: a server copies it, and begins in milliseconds.
set -eu
mkdir -m 777 /opt/postgres
for folder in /usr/lib/postgresql/*/bin; do
  ln -s "$folder" /opt/postgres/bin
done
# A cluster of root is refused, here and at every start; a build without root has no other user to become, and needs none.
database="setpriv --reuid=10001 --regid=10001 --clear-groups"
$database true 2>/dev/null || database=
$database /opt/postgres/bin/initdb --pgdata=/opt/postgres/template \
  --username=room --auth=trust --encoding=UTF8 --locale=C --no-instructions --no-sync >/opt/postgres/initdb.log
$database sh -c '
  echo "CREATE DATABASE room" | /opt/postgres/bin/postgres --single -D /opt/postgres/template postgres >/dev/null
  echo "host all all all trust" >>/opt/postgres/template/pg_hba.conf
  chmod -R a+rX /opt/postgres/template'
chmod 755 /opt/postgres
