using NJepa.Models;
using static NJepa.Onnx.Writing.GraphBuilder;

namespace NJepa.Onnx.Writing;

/// <summary>The position table <c>[1,L,D]</c> in float32: as it is, or resampled for the grid of the images at hand as <see cref="PositionTable.Resize"/> does.</summary>
internal sealed class PositionGraph(ViTEncoder encoder, OnnxExportOptions options, GraphBuilder graph, Initializers constants)
{
    private const float CubicA = -0.75f;

    private readonly ViT _vit = encoder.Configuration;

    public string Build(string imagesBCHW)
    {
        float[] tableLD = encoder.Positions();
        (int patches, int width, int side) = (_vit.Patches, _vit.Width, _vit.Grid.Rows);
        if (!options.DynamicSize)
        {
            return constants.Floats("pos_embed", tableLD, 1, patches, width);
        }

        // Resize wants the axes that it resamples last.
        var tableDL = new float[tableLD.Length];
        for (int patch = 0; patch < patches; patch++)
        {
            for (int channel = 0; channel < width; channel++)
            {
                tableDL[(channel * patches) + patch] = tableLD[(patch * width) + channel];
            }
        }

        string table = constants.Floats("pos_embed", tableDL, 1, width, side, side);
        string sizes = graph.Node("Concat", "pos_embed.sizes", [constants.Integers("pos_embed.leading", 1, width), Grid(imagesBCHW)], Integer("axis", 0));
        string resized = graph.Node(
            "Resize",
            "pos_embed.resized",
            [table, "", "", sizes],
            Text("mode", "cubic"),
            Text("coordinate_transformation_mode", "half_pixel"),
            Real("cubic_coeff_a", CubicA));
        string flat = graph.Node("Reshape", "pos_embed.flat", [resized, constants.Integers("pos_embed.flat.shape", 1, width, -1)]);
        return graph.Node("Transpose", "pos_embed.tokens", [flat], Integers("perm", 0, 2, 1));
    }

    // Rows and columns of the patches, from the images' height and width.
    private string Grid(string imagesBCHW)
    {
        string shape = graph.Node("Shape", "grid.shape", [imagesBCHW]);
        string sides = graph.Node("Gather", "grid.sides", [shape, constants.Integers("grid.axes", 2, 3)]);
        return graph.Node("Div", "grid", [sides, constants.Integers("grid.patch_size", _vit.PatchSize)]);
    }
}
