namespace NJepa.Interop;

/// <summary>A folder as Hugging Face lays it out.</summary>
internal static class WeightsFolder
{
    public const string Single = "model.safetensors";
    public const string Index = "model.safetensors.index.json";
    public const string PyTorch = "pytorch_model.bin";
    public const string Configuration = "config.json";

    /// <summary>The weights file that is meant.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public static string Resolve(string path)
    {
        if (!Directory.Exists(path))
        {
            return File.Exists(path) ? path : throw new FileNotFoundException($"There is no weights file '{path}'.", path);
        }

        string[] names = [Single, Index, PyTorch];
        return names.Select(name => System.IO.Path.Combine(path, name)).FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException($"The folder '{path}' holds none of {string.Join(", ", names)}; give the path of the weights file itself.", path);
    }
}
