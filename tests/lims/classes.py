"""The plants and what the Image Analyzer tells of their leaves (Fig. 2 of the assignment): 3, 10 and 2 classes."""

CLASSES = {
    "potato": ("Early Blight", "Late Blight", "Healthy"),
    "tomato": ("Bacterial Spot", "Early Blight", "Late Blight", "Leaf Mold", "Septoria Leaf Spot", "Spider Mites",
               "Target Spot", "Yellow Leaf Curl Virus", "Mosaic Virus", "Healthy"),
    "pepper": ("Bacterial Spot", "Healthy"),
}
PLANTS = tuple(CLASSES)
