import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { Logger } from "../service/logger.ts";
import { reportDiagnostics } from "../service/report-diagnostics.ts";
import type { Settings } from "../settings/settings.ts";
import { type Configuration, findConfiguration, type OlderConfiguration } from "./find-configuration.ts";
import type { KnownFiles } from "./read-rule-file.ts";

/** The settings are unusable, and there are no older ones to go on with. */
export class ConfigurationError extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super("the settings cannot be used");
    this.diagnostics = diagnostics;
  }
}

/** A configuration with settings: those of the file, or the previous ones. */
export interface UsableConfiguration extends Configuration {
  readonly settings: Settings;
}

export interface ConfigurationFolder {
  readonly folder: string;
  readonly hostname: string;
  readonly logger: Logger;
}

/** Reads the files of a folder again and again. Valid settings stay until valid ones replace them. */
export class ConfigurationReader {
  readonly #options: ConfigurationFolder;
  readonly #known: KnownFiles = new Map();
  #older: OlderConfiguration = { settings: undefined, hasSettingsFile: false };

  constructor(options: ConfigurationFolder) {
    this.#options = options;
  }

  /** Rejects with ConfigurationError, after it has reported the diagnostics. */
  async read(): Promise<UsableConfiguration> {
    const { folder, hostname, logger } = this.#options;
    const found = await findConfiguration(folder, hostname, this.#older, this.#known);
    const { settings, diagnostics } = found;
    if (settings === undefined) {
      reportDiagnostics(logger, diagnostics);
      throw new ConfigurationError(diagnostics);
    }
    const { hasSettingsFile, hasMainFile = false } = found;
    this.#older = { settings, hasSettingsFile, hasMainFile };
    return { ...found, settings };
  }
}
