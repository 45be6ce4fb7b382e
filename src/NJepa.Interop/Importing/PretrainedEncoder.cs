using NJepa.Models;

namespace NJepa.Interop;

/// <summary>Encoders that were trained elsewhere, and NJepa's for use elsewhere.</summary>
public static class PretrainedEncoder
{
    /// <summary>
    /// Loads an encoder from a checkpoint of the I-JEPA authors, transformers' <c>IJepaModel</c>, a timm vision transformer without a class token, or NJepa. Format and names are told by the
    /// content, the network's size by the shapes; 16-bit and 64-bit numbers are converted to float32.
    /// </summary>
    /// <param name="path">A weights file, or a folder as Hugging Face lays it out; see <see cref="TensorFile.Open"/>.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <returns>The encoder, and a report of what matched.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="WeightsException">The file is damaged, holds no known encoder, leaves open which, or something in it does not fit; the message is the report.</exception>
    /// <exception cref="ArgumentException">The image size or the number of heads is not possible.</exception>
    /// <exception cref="NativeRuntimeException">The native libraries cannot be loaded, or the device is not there.</exception>
    public static ImportedEncoder Load(string path, EncoderImportOptions? options = null)
    {
        options ??= new EncoderImportOptions();
        using TensorFile file = TensorFile.Open(path);
        var importer = new EncoderImporter(file, options);
        ViT wanted = importer.Size with { ImageSize = options.ImageSize ?? importer.Size.ImageSize };
        IReadOnlyList<string> errors = wanted.Validate();
        if (errors.Count > 0)
        {
            throw new ArgumentException("The encoder cannot take images of that size:\n- " + string.Join("\n- ", errors), nameof(options));
        }

        NJepaRuntime.EnsureLoaded();
        float[]? positions = importer.Positions(wanted);

        // Weights that are not read stay as they begin; where every one is read, none needs a beginning.
        ViTEncoder encoder = ViTEncoder.Allocate(wanted, options.Device, positions);
        try
        {
            if (!options.Strict)
            {
                ParameterInitializer.Initialize(encoder.Parameters, [.. TransformerSpecs.Encoder("", wanted, rescale: false)], seed: 0);
            }

            importer.Match(encoder.Parameters, encoder.Prefix);
            WeightsReport report = importer.Report();
            if (options.Strict && !report.IsComplete)
            {
                throw new WeightsException($"{report}\nNothing was loaded. Use a file that fits, or set EncoderImportOptions.Strict to false to load what does.");
            }

            importer.Matcher.Fill();
            if (!report.IsComplete)
            {
                importer.Matcher.Notes.Add("what is missing or does not fit has random weights, or its first values (norms 1, biases 0)");
            }

            return new ImportedEncoder(encoder, report with { Notes = [.. importer.Matcher.Notes] });
        }
        catch
        {
            encoder.Dispose();
            throw;
        }
    }

    /// <summary>Saves an encoder under the names of another program.</summary>
    /// <param name="encoder">The encoder.</param>
    /// <param name="path">
    /// <see cref="WeightNaming.HuggingFace"/>: a folder, which gets <c>config.json</c>, <c>model.safetensors</c> and <c>preprocessor_config.json</c>. <see cref="WeightNaming.IJepa"/>: a
    /// <c>.pth.tar</c> file. <see cref="WeightNaming.Timm"/> and <see cref="WeightNaming.NJepa"/>: a <c>.safetensors</c> file. Existing files are replaced, each whole or not at all.
    /// </param>
    /// <param name="naming">Whose names.</param>
    /// <exception cref="ArgumentException">The other program has no such network, or the path ends as another format does (<c>.pth</c> for safetensors).</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Save(ViTEncoder encoder, string path, WeightNaming naming) => Save(encoder, path, naming, ImageNormalization.ImageNet);

    /// <summary>Saves an encoder under the names of another program, with the mean and standard deviation that its images are normalised with.</summary>
    /// <param name="encoder">The encoder.</param>
    /// <param name="path">A folder or file, as for the shorter form.</param>
    /// <param name="naming">Whose names.</param>
    /// <param name="normalization">Written into <c>preprocessor_config.json</c> of <see cref="WeightNaming.HuggingFace"/>; the others keep none.</param>
    /// <exception cref="ArgumentException">The other program has no such network, or the path ends as another format does (<c>.pth</c> for safetensors).</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Save(ViTEncoder encoder, string path, WeightNaming naming, ImageNormalization normalization)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(normalization);
        encoder.ThrowIfDisposed();
        EncoderExporter.Save(encoder, path, naming, normalization);
    }
}
