# Writes how nginx serves a folder of files: on a port that needs no rights, and writing nowhere but to /tmp.
set -eu
mkdir -p /etc/nginx
cat >/etc/nginx/files.conf <<'END'
daemon off;
worker_processes 1;
pid /tmp/nginx.pid;
error_log stderr warn;
events { worker_connections 256; }
http {
  access_log off;
  types { application/json json; }
  default_type application/octet-stream;
  client_body_temp_path /tmp/body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  server {
    listen 8000;
    root /data;
  }
}
END
