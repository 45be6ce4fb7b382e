using System.Text.Json;

namespace NJepa.Masking.Tests;

/// <summary>Fixtures/f_masks.json: statistics of the public I-JEPA code's mask sampler.</summary>
internal static class ReferenceFigures
{
    private static readonly Lazy<JsonElement> s_root = new(() =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", "f_masks.json"))).RootElement);

    public static JsonElement Root => s_root.Value;

    public static JsonElement Sizes => Root.GetProperty("block_size");

    public static double Number(string batch, string statistic, string moment) =>
        Root.GetProperty(batch).GetProperty(statistic).GetProperty(moment).GetDouble();

    public static double[] Map(string batch, string name) =>
        [.. Root.GetProperty(batch).GetProperty(name).EnumerateArray().SelectMany(row => row.EnumerateArray()).Select(cell => cell.GetDouble())];

    public static int[] Ints(JsonElement array) => [.. array.EnumerateArray().Select(value => value.GetInt32())];

    public static BlockSize Size(string heightByWidth)
    {
        string[] sides = heightByWidth.Split('x');
        return new BlockSize(int.Parse(sides[0]), int.Parse(sides[1]));
    }
}
