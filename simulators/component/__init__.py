"""The component a user has beside the browser: tokens of the test PKI behind `POST /sof` on 127.0.0.1."""
