namespace NJepa.Samples.QuickStart.Drawing;

/// <summary>What a drawn picture shows: the pattern on its figure. The name, in lower case, is the class folder's name.</summary>
internal enum PictureClass
{
    Bricks,
    Checks,
    Crosses,
    Dots,
    Rings,
    Stripes,
    Triangles,
    Waves,
}
