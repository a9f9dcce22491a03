-- cascade-db-file, postgresql: what the hub publishes (_up) and what the exchange platform publishes (_down)

CREATE TABLE mng_data_up (
  id VARCHAR(32) PRIMARY KEY,
  name VARCHAR(200) NOT NULL,
  source VARCHAR(20) NOT NULL,
  target VARCHAR(20) NOT NULL,
  type CHAR(1) NOT NULL CHECK (type IN ('0', '1', '4')),
  field_schema TEXT NOT NULL,
  biz_code VARCHAR(20) NOT NULL,
  catalog_id VARCHAR(40) NOT NULL,
  status CHAR(1) NOT NULL DEFAULT '1',
  create_time VARCHAR(19) NOT NULL
);

CREATE TABLE data_desc_up (
  id VARCHAR(32) PRIMARY KEY,
  mng_id VARCHAR(32) NOT NULL REFERENCES mng_data_up (id),
  file_name VARCHAR(120) NOT NULL,
  type CHAR(1) NOT NULL CHECK (type IN ('0', '1', '4')),
  size BIGINT NOT NULL,
  record_count BIGINT NOT NULL,
  path VARCHAR(200) NOT NULL,
  signature VARCHAR(64),
  compress CHAR(1) NOT NULL DEFAULT '0' CHECK (compress IN ('0', '1')),
  state CHAR(1) NOT NULL DEFAULT '0' CHECK (state IN ('0', '1', '2', '9')),
  target VARCHAR(20) NOT NULL,
  create_time VARCHAR(19) NOT NULL,
  keep_days BIGINT NOT NULL DEFAULT 30,
  last_read_time VARCHAR(19),
  err_code VARCHAR(8),
  err_msg VARCHAR(2000),
  UNIQUE (mng_id, file_name)
);

CREATE TABLE mng_data_down (
  id VARCHAR(32) PRIMARY KEY,
  name VARCHAR(200) NOT NULL,
  source VARCHAR(20) NOT NULL,
  target VARCHAR(20) NOT NULL,
  type CHAR(1) NOT NULL CHECK (type IN ('0', '1', '4')),
  field_schema TEXT NOT NULL,
  biz_code VARCHAR(20) NOT NULL,
  catalog_id VARCHAR(40) NOT NULL,
  status CHAR(1) NOT NULL DEFAULT '1',
  create_time VARCHAR(19) NOT NULL
);

CREATE TABLE data_desc_down (
  id VARCHAR(32) PRIMARY KEY,
  mng_id VARCHAR(32) NOT NULL REFERENCES mng_data_down (id),
  file_name VARCHAR(120) NOT NULL,
  type CHAR(1) NOT NULL CHECK (type IN ('0', '1', '4')),
  size BIGINT NOT NULL,
  record_count BIGINT NOT NULL,
  path VARCHAR(200) NOT NULL,
  signature VARCHAR(64),
  compress CHAR(1) NOT NULL DEFAULT '0' CHECK (compress IN ('0', '1')),
  state CHAR(1) NOT NULL DEFAULT '0' CHECK (state IN ('0', '1', '2', '9')),
  target VARCHAR(20) NOT NULL,
  create_time VARCHAR(19) NOT NULL,
  keep_days BIGINT NOT NULL DEFAULT 30,
  last_read_time VARCHAR(19),
  err_code VARCHAR(8),
  err_msg VARCHAR(2000),
  UNIQUE (mng_id, file_name)
);

-- the catalogue of the platform: an id must stand here before data of it are taken
CREATE TABLE data_catalog (
  catalog_id VARCHAR(40) PRIMARY KEY,
  name VARCHAR(200) NOT NULL
);
