-- A wholesaler of food: 14 tables with composite and text keys, tables that refer to themselves, pictures in bytea and mixed-case
-- names, at the size and with the habits of the well-known public samples. In a schema of its own.

CREATE SCHEMA sales;
CREATE DOMAIN sales.discount AS real CHECK (VALUE >= 0 AND VALUE <= 1);

CREATE TABLE sales.categories (
  category_id smallint PRIMARY KEY, category_name varchar(15) NOT NULL, description text, picture bytea);
ALTER TABLE sales.categories ALTER COLUMN picture SET STORAGE EXTERNAL;
CREATE TABLE sales.suppliers (
  supplier_id smallint PRIMARY KEY, company_name varchar(40) NOT NULL, contact_name varchar(30), address varchar(60), city varchar(15),
  region varchar(15), postal_code varchar(10), country varchar(15), phone varchar(24), homepage text);
CREATE TABLE sales.products (
  product_id smallint PRIMARY KEY, product_name varchar(40) NOT NULL, supplier_id smallint REFERENCES sales.suppliers,
  category_id smallint REFERENCES sales.categories, quantity_per_unit varchar(20), unit_price real, units_in_stock smallint DEFAULT 0,
  units_on_order smallint, reorder_level smallint, discontinued integer NOT NULL,
  CONSTRAINT price_is_sane CHECK (unit_price >= 0), CONSTRAINT stock_is_sane CHECK (units_in_stock >= 0));
CREATE INDEX products_name ON sales.products (product_name);
CREATE TABLE sales.region (region_id smallint PRIMARY KEY, description char(60) NOT NULL);
CREATE TABLE sales.territories (territory_id varchar(20) PRIMARY KEY, description char(60) NOT NULL, region_id smallint NOT NULL REFERENCES sales.region);
CREATE TABLE sales.employees (
  employee_id smallint PRIMARY KEY, last_name varchar(20) NOT NULL, first_name varchar(10) NOT NULL, title varchar(30), birth_date date,
  hire_date date, address varchar(60), notes text, photo bytea, photo_path varchar(255), reports_to smallint REFERENCES sales.employees);
CREATE TABLE sales.employee_territories (
  employee_id smallint NOT NULL REFERENCES sales.employees, territory_id varchar(20) NOT NULL REFERENCES sales.territories,
  PRIMARY KEY (employee_id, territory_id));
CREATE TABLE sales.customers (
  customer_id char(5) PRIMARY KEY, company_name varchar(40) NOT NULL, contact_name varchar(30), contact_title varchar(30), address varchar(60),
  city varchar(15), region varchar(15), postal_code varchar(10), country varchar(15), phone varchar(24),
  parent_id char(5) REFERENCES sales.customers ON DELETE SET NULL);
CREATE TABLE sales.customer_demographics (customer_type_id char(10) PRIMARY KEY, customer_desc text);
CREATE TABLE sales.customer_customer_demo (
  customer_id char(5) REFERENCES sales.customers, customer_type_id char(10) REFERENCES sales.customer_demographics,
  CONSTRAINT pk_customer_customer_demo PRIMARY KEY (customer_id, customer_type_id));
CREATE TABLE sales.shippers (shipper_id smallint PRIMARY KEY, company_name varchar(40) NOT NULL, phone varchar(24));
CREATE TABLE sales.us_states (state_id smallint PRIMARY KEY, state_name varchar(100), state_abbr varchar(2), state_region varchar(50));
CREATE TABLE sales.orders (
  order_id integer PRIMARY KEY, customer_id char(5) REFERENCES sales.customers ON UPDATE CASCADE, employee_id smallint REFERENCES sales.employees,
  order_date date, required_date date, shipped_date date, ship_via smallint REFERENCES sales.shippers, freight real,
  ship_name varchar(40), ship_country varchar(15), replaces integer, CONSTRAINT replaces_order FOREIGN KEY (replaces) REFERENCES sales.orders DEFERRABLE);
CREATE INDEX orders_by_day ON sales.orders (order_date DESC, customer_id);
CREATE TABLE sales."OrderDetails" (
  "OrderID" integer NOT NULL REFERENCES sales.orders ON DELETE CASCADE, "ProductID" smallint NOT NULL REFERENCES sales.products,
  "UnitPrice" money NOT NULL, "Quantity" smallint NOT NULL CHECK ("Quantity" > 0), "Discount" sales.discount NOT NULL DEFAULT 0,
  CONSTRAINT "PK_OrderDetails" PRIMARY KEY ("OrderID", "ProductID"));

CREATE VIEW sales."Order Subtotals" AS
  SELECT d."OrderID", sum(d."UnitPrice" * d."Quantity" * (1 - d."Discount")) AS "Subtotal" FROM sales."OrderDetails" d GROUP BY d."OrderID";
CREATE VIEW sales."Customer Orders" AS
  SELECT c.customer_id, c.company_name, count(o.order_id) AS "Orders", sum(s."Subtotal") AS "Total"
  FROM sales.customers c LEFT JOIN sales.orders o ON o.customer_id = c.customer_id LEFT JOIN sales."Order Subtotals" s ON s."OrderID" = o.order_id
  GROUP BY c.customer_id;
CREATE VIEW sales.open_orders AS SELECT * FROM sales.orders WHERE shipped_date IS NULL WITH CASCADED CHECK OPTION;
CREATE RECURSIVE VIEW sales.chain_of_command (employee_id, level, path) AS
  SELECT employee_id, 0, ARRAY[employee_id] FROM sales.employees WHERE reports_to IS NULL
  UNION ALL SELECT e.employee_id, c.level + 1, c.path || e.employee_id FROM sales.employees e JOIN chain_of_command c ON e.reports_to = c.employee_id;
CREATE FUNCTION sales.order_total(sales.orders) RETURNS money LANGUAGE sql STABLE
  BEGIN ATOMIC SELECT s."Subtotal" FROM sales."Order Subtotals" s WHERE s."OrderID" = $1.order_id; END;
CREATE FUNCTION sales.take_from_stock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE sales.products SET units_in_stock = greatest(0, units_in_stock - NEW."Quantity") WHERE product_id = NEW."ProductID";
  RETURN NEW;
END $$;
CREATE TRIGGER take_from_stock AFTER INSERT ON sales."OrderDetails" FOR EACH ROW EXECUTE FUNCTION sales.take_from_stock();
ALTER TABLE sales."OrderDetails" DISABLE TRIGGER take_from_stock;
COMMENT ON TABLE sales."OrderDetails" IS 'Lines of orders';
COMMENT ON COLUMN sales.customers.parent_id IS 'The group a company belongs to';

INSERT INTO sales.categories SELECT i, 'Category ' || i, 'Food of sort ' || i, decode(repeat(md5(i::text), 300), 'hex') FROM generate_series(1, 8) i;
INSERT INTO sales.suppliers SELECT i, 'Supplier ' || i, 'Contact ' || i, i || ' Road', 'Town ' || i % 9, NULLIF('R' || i % 3, 'R0'), 10000 + i, 'Country ' || i % 12, '555-' || i,
  CASE WHEN i % 5 = 0 THEN 'Home#https://example.org/' || i || '#' END FROM generate_series(1, 29) i;
INSERT INTO sales.products SELECT i, 'Product ''' || i || '''', 1 + i % 29, 1 + i % 8, i % 24 || ' boxes', i * 1.1, i % 100, i % 70, i % 30, (i % 10 = 0)::integer FROM generate_series(1, 77) i;
INSERT INTO sales.region SELECT i, (ARRAY['Eastern', 'Western', 'Northern', 'Southern'])[i] FROM generate_series(1, 4) i;
INSERT INTO sales.territories SELECT lpad((i * 37)::text, 5, '0'), 'Territory ' || i, 1 + i % 4 FROM generate_series(1, 53) i;
INSERT INTO sales.employees SELECT i, 'Last' || i, 'First' || i, 'Title ' || i, '1960-01-01'::date + i * 400, '1992-05-01'::date + i * 30, i || ' Avenue', 'Speaks "many" languages, \ and more', decode(repeat(md5(i::text), 600), 'hex'),
  'http://example.org/' || i || '.bmp', CASE WHEN i <> 2 THEN CASE WHEN i > 5 THEN 5 ELSE 2 END END FROM unnest(ARRAY[2, 5, 1, 3, 4, 6, 7, 8, 9]) i;
INSERT INTO sales.employee_territories SELECT 1 + i % 9, lpad((i * 37)::text, 5, '0') FROM generate_series(1, 49) i;
INSERT INTO sales.customers SELECT chr(65 + i % 26) || chr(65 + i / 26) || 'XYZ', 'Company ' || i, 'Contact ' || i, 'Owner', i || ' Straße', 'Málaga', NULL, i, 'España', '030-' || i,
  CASE WHEN i % 7 = 6 THEN chr(65 + (i - 1) % 26) || chr(65 + (i - 1) / 26) || 'XYZ' END FROM generate_series(0, 90) i;
INSERT INTO sales.customer_demographics VALUES ('big', 'Buys a lot'), ('small', NULL);
INSERT INTO sales.customer_customer_demo SELECT customer_id, 'big' FROM sales.customers WHERE customer_id < 'F';
INSERT INTO sales.shippers SELECT i, 'Shipper ' || i, '(503) 555-' || i FROM generate_series(1, 6) i;
INSERT INTO sales.us_states SELECT i, 'State ' || i, chr(65 + i % 26) || chr(65 + i / 26), 'region ' || i % 5 FROM generate_series(1, 51) i;
INSERT INTO sales.orders SELECT 10247 + i, chr(65 + i % 26) || chr(65 + (i / 26) % 3) || 'XYZ', 1 + i % 9, '2025-07-04'::date + i / 2, '2025-08-01'::date + i / 2, CASE WHEN i % 40 > 0 THEN '2025-07-10'::date + i / 2 END,
  1 + i % 3, i * 0.37, 'Ship ' || i, 'Brasil', CASE WHEN i % 100 = 0 THEN 10247 + i - 1 END FROM generate_series(1, 830) i;
INSERT INTO sales."OrderDetails" SELECT 10247 + i / 3, 1 + (i * 11) % 77, (i % 50 + 0.5)::numeric::money, 1 + i % 60, (i % 4) * 0.05 FROM generate_series(3, 2200) i;
