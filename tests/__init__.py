"""Every folder of tests is a package, or none is: `import graphql` must never find tests/graphql (trap T8)."""
