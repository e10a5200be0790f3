@local @index @level1
Feature: The root of the log commits to every entry
  The Merkle tree of RFC 6962: whoever keeps a root can tell later whether the log still has what it had.

  Scenario Outline: The first <size> leaves of Certificate Transparency's test vectors have their published root
    Then the first <size> known leaves have the root <root>

    Examples:
      | size | root                                                             |
      | 0    | e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 |
      | 1    | 6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d |
      | 2    | fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125 |
      | 3    | aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77 |
      | 4    | d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7 |
      | 5    | 4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4 |
      | 6    | 76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef |
      | 7    | ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c |
      | 8    | 5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328 |

  Scenario: Roots, growth and proofs agree with the recursive definition for every size to 70
    Then for every size to 70 the root and the grown peaks are those of the recursive definition
    And for every size to 40 each leaf's inclusion proof holds, and fails for another leaf, place or root
    And for every two sizes to 40 the consistency proof holds, and fails for a log that forgot or changed an entry
