"""The pages for vendor, centre and public: drawn here from values, served by `hub.server`."""
